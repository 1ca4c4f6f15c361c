<?php
/* The library's logger, for the stand-in: one for all, set by whoever makes the daemon; levels are dropped. */

class Ustream_Daemon_Logger implements Psr\Log\LoggerInterface
{
    private static $instance;
    private $daemon;

    public static function getInstance()
    {
        if (self::$instance === null) {
            throw new InvalidArgumentException('no logger was set');
        }
        return self::$instance;
    }

    public static function setInstance(Psr\Log\LoggerInterface $instance)
    {
        self::$instance = $instance;
    }

    public function __construct(Ustream_Daemon_Daemon $daemon)
    {
        $this->daemon = $daemon;
    }

    public function log($level, $message, array $context = array())
    {
        $this->daemon->writeLog($message);
    }

    public function emergency($message, array $context = array())
    {
        $this->log('emergency', $message);
    }

    public function alert($message, array $context = array())
    {
        $this->log('alert', $message);
    }

    public function critical($message, array $context = array())
    {
        $this->log('critical', $message);
    }

    public function error($message, array $context = array())
    {
        $this->log('error', $message);
    }

    public function warning($message, array $context = array())
    {
        $this->log('warning', $message);
        trigger_error($message, E_USER_WARNING);
    }

    public function notice($message, array $context = array())
    {
        $this->log('notice', $message);
        trigger_error($message, E_USER_NOTICE);
    }

    public function info($message, array $context = array())
    {
        $this->log('info', $message);
    }

    public function debug($message, array $context = array())
    {
        $this->log('debug', $message);
    }
}
