<?php
// An entry script with listeners that steer: the second run is the last, by an exception where HOW is "throw".
require __DIR__ . '/bootstrap.php';

$runs = 0;
$steer = function ($event) use (&$runs) {
    if (++$runs === 2 && getenv('HOW') === 'throw') {
        throw new RuntimeException('a listener has had enough');
    } elseif ($runs === 2) {
        $event->getSubject()->stop();
    }
};
$runner = new Ustream_Daemon_Runner();
$runner->runDaemon(getenv('RUN_DIR'), 'production', __DIR__ . '/ini', array(
    Ustream_Daemon_Event::TASK_DONE => array($steer),
));
