<?php
// The application's entry script: `php daemon.php --id ID [--instance N]`, with RUN_DIR in the environment.
require __DIR__ . '/vendor/autoload.php';

class Task
{
    private $how;
    private $run = 0;

    public function __construct($how)
    {
        $this->how = $how;
    }

    public function doTask()
    {
        $this->run++;
        echo "run {$this->run} of {$this->how} in ", getmypid(), "\n";
        if ($this->how === 'long') {
            $until = microtime(true) + 1;
            while (microtime(true) < $until) {
                usleep(10000);
            }
            echo "run {$this->run} is complete\n";
        } elseif ($this->how === 'stop') {
            throw new Ustream_Daemon_Stop();
        } elseif ($this->how === 'fail') {
            throw new RuntimeException('broken');
        } elseif ($this->how === 'forks') {
            $pid = pcntl_fork();
            if ($pid === 0) {
                exit(0);
            }
            pcntl_waitpid($pid, $status);
            echo "forked a child of its own\n";
        }
    }
}

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

class Factory
{
    public static function tick()
    {
        return new Task('tick');
    }

    public static function long()
    {
        return new Task('long');
    }

    public static function stop()
    {
        return new Task('stop');
    }

    public static function fail()
    {
        return new Task('fail');
    }

    public static function forks()
    {
        return new Task('forks');
    }
}
