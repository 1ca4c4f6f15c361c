<?php
/*
 * Looks whether the factories are there that an application is said to have, and whether they make tasks as the
 * runner can use them. Knows nothing of manifests, and calls none of them.
 *
 * php look.php BOOTSTRAP ANSWER FACTORY...
 *   ANSWER  number of the descriptor that gets one JSON list a line: [] when the bootstrap is loaded, [FACTORY] before
 *           each factory, and [FACTORY, "error" or "warning" or null, what to say of it] after it
 *
 * Whatever ends PHP in between is for whoever asks to tell. Runs on PHP 5.6 and later.
 */

/** The function that a callable's name means. */
function udaemon_function($name)
{
    $parts = explode('::', $name, 2);
    return isset($parts[1]) ? new ReflectionMethod($parts[0], $parts[1]) : new ReflectionFunction($parts[0]);
}

/** The name of a class that the function is declared to return, or null. */
function udaemon_made(ReflectionFunctionAbstract $function)
{
    $type = method_exists($function, 'getReturnType') ? $function->getReturnType() : null;
    $name = $type === null ? '' : ltrim((string) $type, '?');
    return class_exists($name) || interface_exists($name) ? $name : null;
}

/** Classes of the library that are named between two lines of a file, other than those that a task may use. */
function udaemon_named($file, $first, $last)
{
    $found = array();
    foreach (is_file((string) $file) ? token_get_all(file_get_contents($file)) : array() as $token) {
        if (is_array($token) && $token[2] >= $first && $token[2] <= $last) {
            $name = ltrim($token[1], '\\');
            if (preg_match('/^Ustream_Daemon_(Builder|Config|Daemon|Runner|(MultiInstance)?TaskFactory)$/', $name)) {
                $found[$name] = $name;
            }
        }
    }
    return array_values($found);
}

/** What is wrong with a factory, as [severity, sentence]. */
function udaemon_fault($factory)
{
    $name = ltrim($factory, '\\');
    if (!is_callable($name)) {
        list($class, $method) = explode('::', $name, 2) + array('', '');
        $there = $method !== '' && class_exists($class) && method_exists($class, $method);
        return array('error', $there ? "$factory is no public static method" : "PHP has no $factory");
    }
    try {
        $function = udaemon_function($name);
    } catch (ReflectionException $magic) {
        return array(null, null);
    }
    if ($needed = $function->getNumberOfRequiredParameters()) {
        $what = $needed === 1 ? 'an argument' : "$needed arguments";
        return array('error', "$factory needs $what; a factory is called without");
    }
    $made = udaemon_made($function);
    if ($made !== null && !method_exists($made, 'doTask')) {
        return array('error', "$factory makes a $made, which is no task");
    }
    $named = udaemon_named($function->getFileName(), $function->getStartLine(), $function->getEndLine());
    if ($made !== null) {
        $class = new ReflectionClass($made);
        $named = array_merge($named, udaemon_named($class->getFileName(), $class->getStartLine(), $class->getEndLine()));
    }
    if ($named) {
        $names = implode(' and ', array_unique($named));
        return array('warning', "$factory works with $names, which is not there where udaemon keeps the time");
    }
    return array(null, null);
}

call_user_func(function () use ($argv) {
    list(, $bootstrap, $answer) = $argv;
    $out = fopen("php://fd/$answer", 'w');
    $say = function () use ($out) {
        fwrite($out, json_encode(func_get_args(), JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
    };
    $factories = array_slice($argv, 3);
    require $bootstrap;
    $say();
    foreach ($factories as $factory) {
        $say($factory);
        try {
            list($severity, $fault) = udaemon_fault($factory);
        } catch (Exception $error) {
            list($severity, $fault) = array('error', get_class($error) . ': ' . $error->getMessage());
        } catch (Throwable $error) {
            list($severity, $fault) = array('error', get_class($error) . ': ' . $error->getMessage());
        }
        $say($factory, $severity, $fault);
    }
});
