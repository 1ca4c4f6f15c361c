<?php
/* A factory that is given the daemon, for the stand-in; only a builder calls it. */

interface Ustream_Daemon_TaskFactory
{
    public function createTaskFor(Ustream_Daemon_Daemon $daemon);
}
