<?php
/*
 * Does runs of a PHP task when it is asked to, and answers how each went.
 * Knows nothing of pauses, signals and logs: whoever asks keeps the time.
 *
 * php runner.php BOOTSTRAP FACTORY [ASK ANSWER]
 *   BOOTSTRAP  the file that makes the application's classes known
 *   FACTORY    what makes the task: Ns\Class::method or a function's name; it is called without arguments
 *   ASK        number of the descriptor that says "run" line by line; its end ends the runner
 *   ANSWER     number of the descriptor that gets one JSON object a line, the first when the task is made
 * Without descriptors it only looks whether the factory is there, and says on standard error if not.
 *
 * Exit code 78: there is no such bootstrap or factory, or it makes no task. Runs on PHP 5.6 and later.
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

call_user_func(function () use ($argv) {
    list(, $bootstrap, $factory) = $argv;
    $asked = isset($argv[4]);
    $in = $asked ? fopen("php://fd/{$argv[3]}", 'r') : null;
    $out = $asked ? fopen("php://fd/{$argv[4]}", 'w') : null;
    $say = function (array $answer) use ($out) {
        // Whoever asks may have been killed; then ASK ends too.
        @fwrite($out, json_encode($answer, JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
    };
    if (function_exists('pcntl_signal')) {
        // Ctrl-C and a stop reach the whole group; when to leave is said by the end of ASK.
        foreach (array(SIGTERM, SIGINT, SIGQUIT) as $signal) {
            pcntl_signal($signal, SIG_IGN);
        }
    }
    $refuse = function ($why) use ($asked, $say) {
        if ($asked) {
            $say(array('refused' => $why));
        } else {
            fwrite(STDERR, "$why\n");
        }
        exit(78);
    };
    if (!is_file($bootstrap)) {
        $refuse("there is no file $bootstrap");
    }
    require $bootstrap;
    $make = ltrim($factory, '\\');
    if (!is_callable($make)) {
        $refuse("PHP has no $factory");
    }
    if (!$asked) {
        exit(0);
    }
    $task = call_user_func($make);
    if (!is_object($task) || !is_callable(array($task, 'doTask'))) {
        $refuse("$factory makes no task");
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
            fwrite(STDERR, "{$result['error']}\n");
            $result['error'] = get_class($error) . ': ' . $error->getMessage();
        }
        $say($result + array('memory' => memory_get_usage(true), 'limit' => udaemon_limit()));
    }
});
