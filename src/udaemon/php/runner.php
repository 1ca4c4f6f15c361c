<?php
/*
 * Does runs of a PHP task when it is asked to, and answers how each went.
 * Knows nothing of pauses, signals and logs: whoever asks keeps the time.
 *
 * php runner.php BOOTSTRAP FACTORY ASK ANSWER [THRESHOLD]
 *   BOOTSTRAP  the file that makes the application's classes known
 *   FACTORY    what makes the task: Ns\Class::method or a function's name; it is called without arguments
 *   ASK        number of the descriptor that says "run" line by line; its end ends the runner
 *   ANSWER     number of the descriptor that gets one JSON object a line, the first when the task is made
 *   THRESHOLD  percent of memory_limit above which the answer says "full"
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
    list(, $bootstrap, $factory, $ask, $answer) = $argv;
    $threshold = isset($argv[5]) ? (float) $argv[5] : 100.0;
    $in = fopen("php://fd/$ask", 'r');
    $out = fopen("php://fd/$answer", 'w');
    $say = function (array $answer) use ($out) {
        fwrite($out, json_encode($answer, JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
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
    if (!is_file($bootstrap)) {
        $refuse("there is no file $bootstrap");
    }
    require $bootstrap;
    $make = ltrim($factory, '\\');
    if (!is_callable($make)) {
        $refuse("PHP has no $factory");
    }
    $task = call_user_func($make);
    if (!is_object($task) || !is_callable(array($task, 'doTask'))) {
        $refuse("$factory makes no task");
    }
    $say(array('ready' => true));
    while (fgets($in) !== false) {
        $began = microtime(true);
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
        $limit = udaemon_limit();
        $say($result + array(
            'seconds' => microtime(true) - $began,
            'memory' => memory_get_usage(true),
            'full' => $limit > 0 && memory_get_usage(true) * 100 > $limit * $threshold,
        ));
    }
});
