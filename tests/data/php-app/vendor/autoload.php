<?php
// A class loader that puts itself before all others, as Composer's does: an underscore or a backslash is a directory.
spl_autoload_register(function ($class) {
    $roots = array(
        'Ustream_Daemon_' => 'ustream/daemon/src',
        'Psr\\Log\\' => 'psr/log',
        'Symfony\\Component\\EventDispatcher\\' => 'symfony/event-dispatcher',
    );
    foreach ($roots as $prefix => $root) {
        $file = __DIR__ . "/$root/" . strtr($class, '_\\', '//') . '.php';
        if (strpos($class, $prefix) === 0 && is_file($file)) {
            require $file;
        }
    }
}, true, true);
