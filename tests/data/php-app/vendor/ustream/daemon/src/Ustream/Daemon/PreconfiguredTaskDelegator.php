<?php
/* The daemon that a builder makes, for the stand-in: its runs are another object's. */

class Ustream_Daemon_PreconfiguredTaskDelegator extends Ustream_Daemon_Daemon
{
    public $task;

    public function __construct($name, array $settings, array $listeners)
    {
        parent::__construct($name, $settings);
        $this->addListeners($listeners);
    }

    protected function doTask()
    {
        try {
            $this->task->doTask();
        } catch (Ustream_Daemon_StopException $stop) {
            $this->stop();
        }
    }
}
