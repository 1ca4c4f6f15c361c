<?php
/* A task made of a callable, for the stand-in. */

class Ustream_Daemon_CallbackTask implements Ustream_Daemon_Task
{
    private $callback;

    public function __construct($callback)
    {
        $this->callback = $callback;
    }

    public static function nullTask()
    {
        return new self(function () {
            Ustream_Daemon_Logger::getInstance()->debug('null');
        });
    }

    public function doTask()
    {
        call_user_func($this->callback);
    }
}
