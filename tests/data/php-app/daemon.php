<?php
// The application's entry script: `php daemon.php --id ID [--instance N]`, with RUN_DIR in the environment.
require __DIR__ . '/bootstrap.php';

$given = getopt('', array('id:', 'instance:'));
$run = getenv('RUN_DIR');
$config = array('sleep' => '0.05', 'common-log' => "$run/common.log");
$config = array_merge($config, parse_ini_file(__DIR__ . "/ini/{$given['id']}.ini"));
if (isset($given['instance'])) {
    $config['instance'] = $given['instance'];
}
$daemon = new Ustream_Daemon_Daemon($given['id'], $config, $run, 'production');
try {
    $daemon->start(call_user_func($config['factory']));
} catch (Exception $error) {
    echo $error->getMessage(), "\n";
    exit(1);
}
