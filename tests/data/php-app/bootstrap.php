<?php
// The application's tasks, and what makes them.
require_once __DIR__ . '/vendor/autoload.php';

class Task
{
    private $how;
    private $run = 0;
    private $kept = array();

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
            throw new Ustream_Daemon_StopException();
        } elseif ($this->how === 'grow') {
            $this->kept[] = str_repeat('x', 30 * 1024 * 1024);
        } elseif ($this->how === 'die') {
            exit(3);
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

    public static function grow()
    {
        return new Task('grow');
    }

    public static function dies()
    {
        return new Task('die');
    }

    public static function nothing()
    {
        return null;
    }
}
