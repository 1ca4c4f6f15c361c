<?php
// A daemon class of the application's own, as before there were builders: each run has a child process do its work.
require __DIR__ . '/bootstrap.php';

class Family extends Ustream_Daemon_Daemon
{
    protected function doTask()
    {
        $child = $this->createChild(function () {
            echo 'child ', getmypid(), ' of ', posix_getppid(), "\n";
            exit(7);
        });
        pcntl_waitpid($child, $status);
        echo "child $child left with ", pcntl_wexitstatus($status), ' in ', getmypid(), "\n";
        $this->stop();
    }

    public function getTask()
    {
        return $this;
    }
}

$family = new Family('family', array(
    'run-dir' => getenv('RUN_DIR'),
    'context' => 'production',
    'sleep' => 0,
    'min-sleep' => 0,
    'common-log' => getenv('RUN_DIR') . '/common.log',
));
$family->start();
