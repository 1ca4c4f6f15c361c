<?php
// A class loader that puts itself before all others, as Composer's does.
spl_autoload_register(function ($class) {
    $class = $class === 'Ustream_Daemon_StopException' ? 'Ustream_Daemon_Daemon' : $class;
    $file = __DIR__ . '/ustream/daemon/src/' . str_replace('_', '/', $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
}, true, true);
