<?php
/* What an entry script calls, for the stand-in: flags over --config over ID.ini over defaults, then a daemon. */

class Ustream_Daemon_Runner
{
    public function runDaemon($runDir, $context, $iniDir, $listeners)
    {
        $names = array('id:', 'factory:', 'sleep:', 'min-sleep:', 'instance:', 'config:', 'memory-limit:');
        $given = getopt('', $names);
        try {
            if (!isset($given['id'])) {
                throw new InvalidArgumentException('--id parameter missing');
            }
            $given = $this->completed($given, $iniDir);
            if (isset($given['memory-limit'])) {
                ini_set('memory_limit', $given['memory-limit']);
            }
            $settings = array('run-dir' => $runDir, 'context' => $context) + $given;
            if (!is_callable(isset($given['factory']) ? $given['factory'] : null)) {
                throw new InvalidArgumentException('no valid factory');
            }
            $daemon = new Ustream_Daemon_PreconfiguredTaskDelegator($given['id'], $settings, $listeners);
            Ustream_Daemon_Logger::setInstance(new Ustream_Daemon_Logger($daemon));
            $daemon->task = call_user_func($given['factory']);
            echo "Pid file: {$daemon->pidFileLocation}\nLog file: {$daemon->getLogFilePath()}\n";
            if (is_file($daemon->pidFileLocation)) {
                echo "Pid file [{$daemon->pidFileLocation}] already exists\n";
            }
            $daemon->start();
        } catch (Exception $error) {
            echo $error;
            exit(1);
        }
    }

    private function completed(array $given, $iniDir)
    {
        foreach (array(isset($given['config']) ? $given['config'] : '', "$iniDir/{$given['id']}.ini") as $file) {
            if (is_file($file)) {
                echo "Using configuration from: $file\n";
                $given += parse_ini_file($file);
            }
        }
        return $given + array(
            'sleep' => 0,
            'min-sleep' => 0,
            'memory-threshold' => 70,
            'log-dir' => '/var/log/custom_php',
            'common-log' => '/var/log/custom_php/daemon_util.log',
        );
    }
}
