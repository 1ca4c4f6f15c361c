<?php
/* A dispatcher that lets listeners steer, for the stand-in: by priority, until one stops the event; what one throws is not caught. */

namespace Symfony\Component\EventDispatcher;

class EventDispatcher
{
    private $listeners = array();

    public function addListener($name, $listener, $priority = 0)
    {
        $this->listeners[$name][$priority][] = $listener;
        krsort($this->listeners[$name]);
    }

    public function dispatch($name, $event = null)
    {
        $several = isset($this->listeners[$name]) ? $this->listeners[$name] : array();
        foreach ($several ? call_user_func_array('array_merge', array_values($several)) : array() as $listener) {
            call_user_func($listener, $event);
            if ($event->isPropagationStopped()) {
                break;
            }
        }
        return $event;
    }
}
