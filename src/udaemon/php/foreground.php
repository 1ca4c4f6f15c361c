<?php
/*
 * Keeps a daemon of the PHP library in the foreground, so that a supervisor sees its process and its exit code.
 * Knows nothing of the application: PHP loads this before the entry script, which stays as it is.
 *
 * Settings, each given with `php -d`:
 *   udaemon.library   the library's Daemon.php. Its class is defined here and now, before any class loader can, from
 *                     that file with one call replaced: that of pcntl_fork() in its method fork(). A child that a task
 *                     asks for, by createChild() or by itself, is forked as ever. Without it pcntl_fork has to be
 *                     among disable_functions (PHP 8 and later), and every call of it answers "you are the child".
 *   udaemon.report    number of a descriptor that is told the error which ended PHP: one frame, as a child in Python
 *                     sends it.
 *   udaemon.try       1 only looks whether the library is as expected.
 *
 * Exit code 78: the library is not there, or not as expected. 75: the library started nothing, as a live process stands
 * in the daemon's pid file; it runs already, and not under this supervisor. Runs on PHP 5.6 and later.
 */

/** Stands in for pcntl_fork(): there is no parent to leave behind. */
function udaemon_stay()
{
    $GLOBALS['udaemon_stayed'] = true;
    return 0;
}

/** What the library's source becomes, or null where its method fork() does not call pcntl_fork() exactly once. */
function udaemon_patched($source)
{
    $skip = array(T_WHITESPACE, T_COMMENT, T_DOC_COMMENT);
    $no_call = array(T_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION);
    $calls = 0;
    $before = null;
    $function = '';
    $patched = '';
    foreach (token_get_all($source) as $token) {
        $id = is_array($token) ? $token[0] : null;
        $text = is_array($token) ? $token[1] : $token;
        if ($before === T_FUNCTION && $id === T_STRING) {
            $function = strtolower($text);
        }
        $is_fork = strtolower(ltrim($text, '\\')) === 'pcntl_fork' && !in_array($before, $no_call, true);
        if ($is_fork && $function === 'fork') {
            $text = $before === T_NS_SEPARATOR ? 'udaemon_stay' : '\udaemon_stay';
            $calls++;
        }
        if (!in_array($id, $skip, true) && $text !== '&') {
            $before = $id === null ? $text : $id;
        }
        $patched .= $text;
    }
    return $calls === 1 ? $patched : null;
}

/** Ends PHP before the application has begun. */
function udaemon_refuse($why)
{
    udaemon_report('config', $why);
    fwrite(STDERR, "udaemon: $why\n");
    exit(78);
}

/** Tells the supervisor why PHP leaves, as one frame: the length in four bytes, then JSON. */
function udaemon_report($reason, $message)
{
    $report = get_cfg_var('udaemon.report');
    $socket = $report === false ? false : @fopen("php://fd/$report", 'w');
    if ($socket) {
        $lines = preg_split('/\R/', trim($message), 2);
        $fields = array('kind' => 'leaving', 'reason' => $reason, 'message' => substr($lines[0], 0, 2000));
        $frame = json_encode($fields, JSON_PARTIAL_OUTPUT_ON_ERROR);
        @fwrite($socket, pack('N', strlen($frame)) . $frame);
        fclose($socket);
    }
}

/** Stands in for the plain files of the one moment in which the library is loaded, so that errors name its file. */
class Udaemon_Library
{
    public static $text;
    public $context;
    private $at = 0;

    public function stream_open($path, $mode, $options, &$opened)
    {
        return true;
    }

    public function stream_read($count)
    {
        $piece = (string) substr(self::$text, $this->at, $count);
        $this->at += strlen($piece);
        return $piece;
    }

    public function stream_eof()
    {
        return $this->at >= strlen(self::$text);
    }

    public function stream_stat()
    {
        return array('size' => strlen(self::$text), 'mode' => 0100444, 'mtime' => time());
    }

    public function stream_set_option($option, $first, $second)
    {
        return false;
    }

    public function url_stat($path, $flags)
    {
        return $this->stream_stat();
    }
}

/** Defines the library's class from its patched source, under its own file's name. */
function udaemon_define($udaemon_file, $patched)
{
    // A cache of compiled files would give the file as it is, or keep it as it is not.
    @ini_set('opcache.enable', '0');
    Udaemon_Library::$text = $patched;
    stream_wrapper_unregister('file');
    stream_wrapper_register('file', 'Udaemon_Library');
    try {
        include $udaemon_file;
    } finally {
        stream_wrapper_restore('file');
        Udaemon_Library::$text = null;
    }
}

/** The pid file of the daemon that the library made, as its logger knows it; null where there is none. */
function udaemon_pid_file()
{
    try {
        if (class_exists('Ustream_Daemon_Logger', false)) {
            $property = new ReflectionProperty('Ustream_Daemon_Logger', 'daemon');
            $property->setAccessible(true);
            return $property->getValue(Ustream_Daemon_Logger::getInstance())->pidFileLocation;
        }
    } catch (Exception $error) {
        // Nobody made a daemon.
    }
    return null;
}

/** The first line of an error that ends PHP, without the place; "" for another text. */
function udaemon_error_of($text)
{
    if (preg_match('/^(?:PHP )?(?:Fatal error|Parse error): +(?:Uncaught )?(.*?)(?: in \S+(?::| on line )\d+)?$/m', $text, $found)) {
        return $found[1];
    }
    // What `echo $exception` writes, by PHP 7 and later and by PHP 5.
    if (preg_match("/^exception '([\w\\\\]+)' with message '(.*?)' in \S+:\d+$/ms", $text, $found)) {
        return "{$found[1]}: {$found[2]}";
    }
    return preg_match('/^[\w\\\\]+(?:: .*?)? in \S+:\d+\R/s', $text, $found)
        ? preg_replace('/ in \S+:\d+\R$/', '', $found[0])
        : '';
}

call_user_func(function () {
    $library = get_cfg_var('udaemon.library');
    if ($library !== false) {
        $source = is_file($library) ? file_get_contents($library) : false;
        if ($source === false) {
            udaemon_refuse("the PHP library is not at $library");
        }
        $patched = udaemon_patched($source);
        if ($patched === null) {
            udaemon_refuse("$library is not the library's Daemon.php: its method fork() does not call pcntl_fork() once");
        }
        foreach (array('pcntl', 'posix') as $extension) {
            if (!extension_loaded($extension)) {
                udaemon_refuse("this PHP has no $extension, which the library needs");
            }
        }
        if (get_cfg_var('udaemon.try') !== false) {
            exit(0);
        }
        udaemon_define($library, $patched);
    } elseif (!function_exists('pcntl_fork') && PHP_VERSION_ID >= 80000) {
        eval('function pcntl_fork() { return udaemon_stay(); }');
    } else {
        udaemon_refuse('neither udaemon.library nor disable_functions=pcntl_fork (PHP 8) is set');
    }

    $said = '';
    $own = getmypid();
    if (get_cfg_var('udaemon.report') !== false) {
        // The library writes an exception to standard output and leaves: what was written last is what ended it.
        ob_start(function ($text) use (&$said) {
            if ($text !== '') {
                $said = substr($text, 0, 4096);
            }
            return $text;
        }, 1);
    }
    register_shutdown_function(function () use (&$said, $own) {
        // Once more, as what the application registers runs later, and may be what fails.
        register_shutdown_function(function () use (&$said, $own) {
            udaemon_tell_end($own, $said);
        });
    });
});

/** At the end of PHP: tell an error, or that the daemon runs elsewhere. A child that a task forked tells nothing. */
function udaemon_tell_end($own, &$said)
{
    if (getmypid() !== $own) {
        return;
    }
    while (ob_get_level() > 0 && @ob_end_flush()) {
        // What the library still holds back is written now; PHP would do it right after.
    }
    $fatal = error_get_last();
    if ($fatal !== null && in_array($fatal['type'], array(E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR), true)) {
        $lines = preg_split('/\R/', $fatal['message']);
        $message = preg_replace('/^Uncaught (.*?)(?: in \S+:\d+)?$/', '$1', $lines[0]);
        udaemon_report('exception', $message);
        return;
    }
    if (($message = udaemon_error_of($said)) !== '') {
        udaemon_report('exception', $message);
        return;
    }
    $file = empty($GLOBALS['udaemon_stayed']) ? udaemon_pid_file() : null;
    $pid = $file === null ? 0 : (int) trim((string) @file_get_contents($file));
    if ($pid > 0 && $pid !== $own && posix_kill($pid, 0)) {
        $why = "runs already, and not under udaemon: process $pid of $file";
        udaemon_report('exited', $why);
        fwrite(STDERR, "udaemon: $why\n");
        exit(75);
    }
}
