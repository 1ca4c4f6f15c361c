<?php
/*
 * Keeps a daemon of the PHP library in the foreground, so that a supervisor sees its process and its exit code.
 * Knows nothing of the application: PHP loads this before the entry script, which stays as it is.
 *
 * Settings, each given with `php -d`:
 *   udaemon.library   the library's Daemon.php. Its class is defined here and now, before any class loader can, from
 *                     that file with the one call of pcntl_fork() replaced. Without it pcntl_fork has to be among
 *                     disable_functions (PHP 8 and later), and every call of it answers "you are the child".
 *   udaemon.pid_file  the daemon's pid file. When the library starts nothing and a live process stands there, the
 *                     exit code is 75 and not 0: it runs already, and not under this supervisor.
 *
 * Exit code 78: the library is not there, or not as expected. Runs on PHP 5.6 and later.
 */

/** Stands in for pcntl_fork(): there is no parent to leave behind. */
function udaemon_stay()
{
    $GLOBALS['udaemon_stayed'] = true;
    return 0;
}

/** What the library's source becomes, or null where it does not call pcntl_fork() exactly once. */
function udaemon_patched($source, $file)
{
    $skip = array(T_WHITESPACE, T_COMMENT, T_DOC_COMMENT);
    $no_call = array(T_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION);
    $places = array(T_DIR => dirname($file), T_FILE => $file);
    $calls = 0;
    $before = null;
    $patched = '';
    foreach (token_get_all($source) as $token) {
        $id = is_array($token) ? $token[0] : null;
        $text = is_array($token) ? $token[1] : $token;
        if ($id !== null && isset($places[$id])) {
            $text = var_export($places[$id], true);
        } elseif (strtolower(ltrim($text, '\\')) === 'pcntl_fork' && !in_array($before, $no_call, true)) {
            $text = $before === T_NS_SEPARATOR ? 'udaemon_stay' : '\udaemon_stay';
            $calls++;
        }
        if (!in_array($id, $skip, true)) {
            $before = $id === null ? $text : $id;
        }
        $patched .= $text;
    }
    return $calls === 1 ? $patched : null;
}

/** Ends PHP before the application has begun. */
function udaemon_refuse($why)
{
    fwrite(STDERR, "udaemon: $why\n");
    exit(78);
}

call_user_func(function () {
    $library = get_cfg_var('udaemon.library');
    if ($library !== false) {
        $source = is_file($library) ? file_get_contents($library) : false;
        if ($source === false) {
            udaemon_refuse("the PHP library is not at $library");
        }
        $patched = udaemon_patched($source, $library);
        if ($patched === null) {
            udaemon_refuse("$library is not the library's Daemon.php: it does not call pcntl_fork() once");
        }
        eval('?>' . $patched);
    } elseif (!function_exists('pcntl_fork') && PHP_VERSION_ID >= 80000) {
        eval('function pcntl_fork() { return udaemon_stay(); }');
    } else {
        udaemon_refuse('neither udaemon.library nor disable_functions=pcntl_fork (PHP 8) is set');
    }

    $pid_file = get_cfg_var('udaemon.pid_file');
    if ($pid_file === false) {
        return;
    }
    register_shutdown_function(function () use ($pid_file) {
        if (!empty($GLOBALS['udaemon_stayed'])) {
            return;
        }
        $pid = (int) trim((string) @file_get_contents($pid_file));
        if ($pid > 0 && $pid !== getmypid() && posix_kill($pid, 0)) {
            fwrite(STDERR, "udaemon: runs already, and not under udaemon: process $pid of $pid_file\n");
            exit(75);
        }
    });
});
