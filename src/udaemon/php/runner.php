<?php
/*
 * Does runs of a PHP task when it is asked to, and answers how each went.
 * Knows nothing of pauses, signals and logs: whoever asks keeps the time.
 *
 * php runner.php BOOTSTRAP FACTORY ASK ANSWER
 *   BOOTSTRAP  the file that makes the application's classes known
 *   FACTORY    what makes the task: Ns\Class::method or a function's name; it is called without arguments
 *   ASK        number of the descriptor that says "run" line by line; its end ends the runner
 *   ANSWER     number of the descriptor that gets one JSON object a line, the first when the task is made
 *
 * An answer with "error" has PHP's own words; its trace is on standard error. Where the PHP library is, its logger is
 * set, if nobody else does: it writes to standard error. Exit code 78: there is no such bootstrap or factory, or it
 * makes no task. Runs on PHP 5.6 and later.
 */

/** Whether an exception is the library's way to say "I am done". */
function udaemon_is_stop($error)
{
    for ($class = get_class($error); $class !== false; $class = get_parent_class($class)) {
        if (preg_match('/(^|[\\\\_])StopException$/', $class)) {
            return true;
        }
    }
    return false;
}

/** memory_limit in bytes, 0 for none. */
function udaemon_limit()
{
    $text = trim(ini_get('memory_limit'));
    $units = array('k' => 1024, 'm' => 1048576, 'g' => 1073741824);
    $unit = strtolower(substr($text, -1));
    return max(0, (int) $text * (isset($units[$unit]) ? $units[$unit] : 1));
}

/** Gives the library's logger something to hand out. One that has no logger yet says so by an exception. */
function udaemon_set_logger()
{
    $interface = 'Psr\Log\LoggerInterface';
    // Since PSR-3's third edition methods have types, and the library's own logger cannot be loaded any more.
    if (!interface_exists($interface) || strpos((string) new ReflectionMethod($interface, 'log'), '- Return [')) {
        return;
    }
    if (!class_exists('Ustream_Daemon_Logger')) {
        return;
    }
    try {
        Ustream_Daemon_Logger::getInstance();
    } catch (InvalidArgumentException $nobody_did) {
        require __DIR__ . '/logger.php';
        Ustream_Daemon_Logger::setInstance(new Udaemon_Logger());
    }
}

call_user_func(function () use ($argv) {
    list(, $bootstrap, $factory, $ask, $answer) = $argv;
    $in = fopen("php://fd/$ask", 'r');
    $out = fopen("php://fd/$answer", 'w');
    $own = getmypid();
    $say = function (array $answer) use ($out) {
        // Whoever asks may have been killed; then ASK ends too.
        @fwrite($out, json_encode($answer, JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
    };
    register_shutdown_function(function () use ($say, $own) {
        $fatal = error_get_last();
        $ends = array(E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR);
        if (getmypid() === $own && $fatal !== null && in_array($fatal['type'], $ends, true)) {
            $lines = preg_split('/\R/', $fatal['message']);
            $say(array('error' => preg_replace('/^Uncaught (.*?)(?: in \S+:\d+)?$/', '$1', $lines[0])));
        }
    });
    $told = function ($error) {
        fwrite(STDERR, "$error\n");
        return get_class($error) . ': ' . $error->getMessage();
    };
    if (function_exists('pcntl_signal')) {
        // Ctrl-C and a stop reach the whole group; when to leave is said by the end of ASK.
        foreach (array(SIGTERM, SIGINT, SIGQUIT) as $signal) {
            pcntl_signal($signal, SIG_IGN);
        }
    }
    $refuse = function ($why) use ($say) {
        $say(array('refused' => $why));
        exit(78);
    };
    $made = function () use ($bootstrap, $factory, $refuse) {
        if (!is_file($bootstrap)) {
            $refuse("there is no file $bootstrap");
        }
        require $bootstrap;
        $make = ltrim($factory, '\\');
        if (!is_callable($make)) {
            $refuse("PHP has no $factory");
        }
        udaemon_set_logger();
        $task = call_user_func($make);
        if (!is_object($task) || !is_callable(array($task, 'doTask'))) {
            $refuse("$factory makes no task");
        }
        return $task;
    };
    $failure = null;
    try {
        $task = $made();
    } catch (Exception $error) {
        $failure = $error;
    } catch (Throwable $error) {
        $failure = $error;
    }
    if ($failure !== null) {
        $say(array('error' => $told($failure)));
        exit(255);
    }
    $say(array('ready' => true));
    while (fgets($in) !== false) {
        $result = array();
        try {
            $task->doTask();
        } catch (Exception $error) {
            $result = udaemon_is_stop($error) ? array('stop' => true) : array('error' => $error);
        } catch (Throwable $error) {
            $result = array('error' => $error);
        }
        if (isset($result['error'])) {
            $result['error'] = $told($result['error']);
        }
        $say($result + array('memory' => memory_get_usage(true), 'limit' => udaemon_limit()));
    }
});
