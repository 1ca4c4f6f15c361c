<?php
// The application's tasks, and what makes them. What a task needs of the library it asks its logger for.
require_once __DIR__ . '/vendor/autoload.php';

class Task implements Ustream_Daemon_Task
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
        $this->{$this->how}();
    }

    private function tick()
    {
    }

    private function busy()
    {
        usleep(50000);
        Ustream_Daemon_Logger::getInstance()->info(sprintf('run at %.6f', microtime(true)));
    }

    private function long()
    {
        $until = microtime(true) + 1;
        while (microtime(true) < $until) {
            usleep(10000);
        }
        echo "run {$this->run} is complete\n";
    }

    private function held()
    {
        fgets(fopen('go', 'r'));
        echo "run {$this->run} is complete\n";
    }

    private function stop()
    {
        throw new Ustream_Daemon_StopException();
    }

    private function third()
    {
        Ustream_Daemon_Logger::getInstance()->debug("run {$this->run}");
        if ($this->run === 3) {
            throw new Ustream_Daemon_StopException();
        }
    }

    private function grow()
    {
        $this->kept[] = str_repeat('x', 30 * 1024 * 1024);
    }

    private function greedy()
    {
        str_repeat('x', 1024 * 1024 * 1024);
    }

    private function dies()
    {
        exit(3);
    }

    private function fail()
    {
        throw new RuntimeException('broken');
    }

    private function failsLater()
    {
        Ustream_Daemon_Logger::getInstance()->error("run {$this->run}");
        if ($this->run === 2) {
            throw new DomainException("broken in run 2\nwith a second line");
        }
    }

    private function undefined()
    {
        nothing();
    }

    private function forks()
    {
        $pid = pcntl_fork();
        if ($pid === 0) {
            posix_kill(getmypid(), SIGKILL);
        }
        pcntl_waitpid($pid, $status);
        echo "forked a child of its own\n";
    }

    private function logs()
    {
        Ustream_Daemon_Logger::getInstance()->info("100% of run {$this->run}");
    }

    private function levels()
    {
        $logger = Ustream_Daemon_Logger::getInstance();
        $logger->debug('quiet');
        $logger->warning('mind this');
        $logger->log('critical', "two\nlines");
    }
}

class Factory
{
    public static function tick()
    {
        return new Task('tick');
    }

    public static function busy()
    {
        return new Task('busy');
    }

    public static function long()
    {
        return new Task('long');
    }

    public static function held()
    {
        return new Task('held');
    }

    public static function stop()
    {
        return new Task('stop');
    }

    public static function third()
    {
        return new Task('third');
    }

    public static function grow()
    {
        return new Task('grow');
    }

    public static function greedy()
    {
        return new Task('greedy');
    }

    public static function dies()
    {
        return new Task('dies');
    }

    public static function fail()
    {
        return new Task('fail');
    }

    public static function failsLater()
    {
        return new Task('failsLater');
    }

    public static function undefined()
    {
        return new Task('undefined');
    }

    public static function forks()
    {
        return new Task('forks');
    }

    public static function logs()
    {
        return new Task('logs');
    }

    public static function levels()
    {
        return new Task('levels');
    }

    public static function pair()
    {
        return new Task('logs');
    }

    public static function nothing()
    {
        return null;
    }

    public static function throws()
    {
        throw new LogicException('the queue is not configured');
    }

    public static function wants($queue)
    {
        return new Task('tick');
    }

    public static function builds()
    {
        return Ustream_Daemon_Builder::createDefault();
    }

    public static function makesFactory(): Ustream_Daemon_TaskFactory
    {
        return null;
    }
}

function plain_factory()
{
    return new Task('logs');
}
