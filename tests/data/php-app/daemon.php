<?php
// The application's entry script: `php daemon.php --id ID [--instance N]`, with RUN_DIR in the environment.
require __DIR__ . '/bootstrap.php';

$runner = new Ustream_Daemon_Runner();
$runner->runDaemon(getenv('RUN_DIR'), 'production', __DIR__ . '/ini', array());
