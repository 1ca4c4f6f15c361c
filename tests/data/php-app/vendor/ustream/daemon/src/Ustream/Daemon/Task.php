<?php
/* What has runs, for the stand-in. */

interface Ustream_Daemon_Task
{
    public function doTask();
}
