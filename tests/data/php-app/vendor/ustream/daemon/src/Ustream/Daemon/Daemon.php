<?php
/*
 * A stand-in for the PHP library's daemon class, written for these tests from how the library behaves, not from it.
 * What a bridge meets is in its true shape: two calls of pcntl_fork(), of which the one in fork() makes the daemon and
 * the other a child that was asked for; listeners that may stop it; a log and a common log; signals between runs only.
 */

use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\EventDispatcher\GenericEvent;

abstract class Ustream_Daemon_Daemon
{
    public $pidFileLocation;
    protected $name;
    protected $settings;
    private $dispatcher;
    private $forked = false;
    private $looping = false;
    private $hasPidFile = false;

    abstract protected function doTask();

    /** @param array $settings sleep, min-sleep, memory-threshold, instance, run-dir, log-dir, common-log, context */
    public function __construct($name, array $settings)
    {
        ob_start();
        $this->name = $name;
        $this->settings = $settings;
        $this->dispatcher = new EventDispatcher();
        $number = isset($settings['instance']) ? '-' . (int) $settings['instance'] : '';
        $this->pidFileLocation = "{$settings['run-dir']}/$name-{$settings['context']}$number.pid";
        $this->note('Daemon created.');
    }

    public function start()
    {
        $limit = $this->limit();
        if (ob_get_length()) {
            ob_end_flush();
        }
        if ($this->isDaemonRunning() || !$this->fork()) {
            return false;
        }
        posix_setsid();
        if (!file_put_contents($this->pidFileLocation, getmypid())) {
            return false;
        }
        $this->note("Creating pid file! pidfileLocation: {$this->pidFileLocation} | Pid is " . getmypid() . '.');
        $this->hasPidFile = true;
        chdir('/');
        umask(0);
        foreach (array(SIGTERM, SIGQUIT, SIGCHLD, SIGHUP, SIGUSR1, SIGUSR2) as $signal) {
            pcntl_signal($signal, array($this, 'sigHandler'));
        }
        $this->tell(Ustream_Daemon_Event::START, array());
        $this->looping = true;
        register_shutdown_function(array($this, 'releaseDaemon'));
        while ($this->looping) {
            $this->once($limit);
        }
        return true;
    }

    public function stop()
    {
        $this->looping = false;
    }

    public function isRunning()
    {
        return $this->looping;
    }

    public function getEventDispatcher()
    {
        return $this->dispatcher;
    }

    public function isDaemonRunning()
    {
        $pid = @file_get_contents($this->pidFileLocation);
        return $pid !== false && posix_kill((int) $pid, 0);
    }

    public function sigHandler($signal)
    {
        if ($signal === SIGTERM) {
            exit();
        } elseif ($signal === SIGCHLD) {
            while (pcntl_waitpid(-1, $status, WNOHANG) > 0) {
            }
        } elseif ($signal === SIGQUIT) {
            $this->stop();
        }
    }

    public function releaseDaemon()
    {
        $this->note('releaseDaemon called.');
        if ($this->hasPidFile && (int) @file_get_contents($this->pidFileLocation) === getmypid()) {
            $where = "pidfileLocation: {$this->pidFileLocation} | Pid is " . getmypid();
            $this->note("releaseDaemon unlinking pidFile! $where.");
            unlink($this->pidFileLocation);
        }
    }

    public function getLogFilePath()
    {
        $name = pathinfo($this->name, PATHINFO_FILENAME);
        return "{$this->settings['log-dir']}/$name-{$this->settings['context']}.log";
    }

    public function writeLog($text)
    {
        $number = isset($this->settings['instance']) ? (int) $this->settings['instance'] . '> ' : '';
        $line = date('m/d/Y H:i:s') . ' p [' . getmypid() . "] $number$text\n";
        file_put_contents($this->getLogFilePath(), $line, FILE_APPEND);
    }

    public static function place()
    {
        return array(__DIR__, __FILE__);
    }

    /** Runs a callback in a child process; its pid. A call of pcntl_fork() in a comment is none. */
    protected function createChild($callback)
    {
        $pid = pcntl_fork();
        if ($pid === 0) {
            call_user_func($callback);
            return getmypid();
        }
        return $pid;
    }

    protected function addListeners(array $listeners)
    {
        foreach ($listeners as $event => $several) {
            foreach ($several as $listener) {
                $this->dispatcher->addListener($event, $listener);
            }
        }
    }

    private function fork()
    {
        $pid = pcntl_fork();
        if ($pid > 0) {
            $this->note("fork called. child pid: $pid.");
            exit();
        }
        $this->forked = true;
        $this->note('fork called.');
        return $pid === 0;
    }

    private function once($limit)
    {
        $began = microtime(true);
        $this->doTask();
        pcntl_signal_dispatch();
        $this->tell(Ustream_Daemon_Event::TASK_DONE, array('delay' => microtime(true) - $began));
        $pause = max((float) $this->settings['min-sleep'], $this->settings['sleep'] - (microtime(true) - $began));
        if ($this->settings['sleep'] <= 0) {
            $pause = (float) $this->settings['min-sleep'];
        }
        if ($pause > 0 && $this->looping) {
            usleep((int) ($pause * 1e6));
        }
        pcntl_signal_dispatch();
        $peak = memory_get_peak_usage(true);
        if ($limit > 0 && $peak / $limit > $this->settings['memory-threshold'] / 100) {
            $this->stop();
            trigger_error("The ({$this->name}) almost ran out of memory. Usage: $peak, limit: $limit.");
        }
    }

    private function tell($event, array $arguments)
    {
        $this->dispatcher->dispatch($event, new GenericEvent($this, $arguments));
    }

    private function limit()
    {
        $text = trim(ini_get('memory_limit'));
        $units = array('k' => 1024, 'm' => 1048576, 'g' => 1073741824);
        $unit = strtolower(substr($text, -1));
        return (int) $text * (isset($units[$unit]) ? $units[$unit] : 1);
    }

    private function note($text)
    {
        $who = ($this->forked ? 'C' : 'P') . ($this->looping ? '+' : '-');
        $line = date('m/d/Y H:i:s') . " - $who [" . getmypid() . "] - $text\n" . str_repeat('-', 20) . "\n";
        file_put_contents($this->settings['common-log'], $line, FILE_APPEND);
    }
}
