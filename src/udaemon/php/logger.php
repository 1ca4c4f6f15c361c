<?php
/*
 * What the PHP library's logger hands out where udaemon does the runs: a line to standard error, the level first.
 * Knows nothing of files and formats. A message is written as it is; what the library dropped, the context, is too.
 */

class Udaemon_Logger implements Psr\Log\LoggerInterface
{
    public function log($level, $message, array $context = array())
    {
        fwrite(STDERR, strtoupper((string) $level) . " $message\n");
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
    }

    public function notice($message, array $context = array())
    {
        $this->log('notice', $message);
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
