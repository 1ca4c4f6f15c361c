<?php
/* The names of the events, for the stand-in. */

abstract class Ustream_Daemon_Event
{
    const START = 'ustream.daemon.start';
    const TASK_DONE = 'ustream.daemon.task_done';
}
