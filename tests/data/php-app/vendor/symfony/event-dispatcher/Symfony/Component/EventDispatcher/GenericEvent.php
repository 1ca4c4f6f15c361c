<?php
/* An event with a subject and arguments, for the stand-in. */

namespace Symfony\Component\EventDispatcher;

class GenericEvent
{
    private $subject;
    private $arguments;
    private $stopped = false;

    public function __construct($subject, array $arguments)
    {
        $this->subject = $subject;
        $this->arguments = $arguments;
    }

    public function getSubject()
    {
        return $this->subject;
    }

    public function getArgument($name)
    {
        return $this->arguments[$name];
    }

    public function stopPropagation()
    {
        $this->stopped = true;
    }

    public function isPropagationStopped()
    {
        return $this->stopped;
    }
}
