<?php
/*
 * A stand-in for the PHP library's daemon class, written for these tests from how the library behaves, not from it:
 * forks, writes its pid file, runs its task with a pause between runs, handles signals between runs only.
 */

class Ustream_Daemon_StopException extends Exception
{
}

class Ustream_Daemon_Daemon
{
    public $running = true;
    private $id;
    private $config;
    private $pidFile;

    public function __construct($id, array $config, $runDir, $context)
    {
        $this->id = $id;
        $this->config = $config;
        $instance = isset($config['instance']) ? '-' . (int) $config['instance'] : '';
        $this->pidFile = "$runDir/$id-$context$instance.pid";
    }

    public function start($task)
    {
        $this->note('P', 'Daemon created.');
        if (is_file($this->pidFile)) {
            echo "Pid file [{$this->pidFile}] already exists\n";
            if (posix_kill((int) file_get_contents($this->pidFile), 0)) {
                return;
            }
        }
        // pcntl_fork() in a comment is no call
        $pid = pcntl_fork();
        if ($pid > 0) {
            $this->note('P', "fork called. child pid: $pid.");
            return;
        }
        $this->note('C', 'fork called.');
        posix_setsid();
        umask(0);
        chdir('/');
        file_put_contents($this->pidFile, getmypid());
        foreach (array(SIGTERM, SIGQUIT) as $signal) {
            pcntl_signal($signal, function ($signal) {
                $this->leave($signal === SIGTERM);
            });
        }
        register_shutdown_function(array($this, 'release'));
        $this->loop($task);
    }

    public function release()
    {
        if ((int) @file_get_contents($this->pidFile) === getmypid()) {
            $this->note('C', 'releaseDaemon unlinking pidFile! ' . $this->pidFile);
            unlink($this->pidFile);
        }
    }

    private function leave($now)
    {
        $this->running = false;
        if ($now) {
            exit(0);
        }
    }

    private function loop($task)
    {
        while ($this->running) {
            $began = microtime(true);
            try {
                $task->doTask();
            } catch (Ustream_Daemon_StopException $stop) {
                return;
            }
            pcntl_signal_dispatch();
            $pause = (float) $this->config['sleep'] - (microtime(true) - $began);
            if ($pause > 0) {
                usleep((int) ($pause * 1e6));
            }
            pcntl_signal_dispatch();
        }
    }

    private function note($who, $text)
    {
        $line = date('m/d/Y H:i:s') . " - $who- [" . getmypid() . "] - $text\n" . str_repeat('-', 20) . "\n";
        file_put_contents($this->config['common-log'], $line, FILE_APPEND);
    }

    public static function place()
    {
        return array(__DIR__, __FILE__);
    }
}
