<?php

namespace Example;

/** A task of the PHP library's kind: an object with doTask(). */
class Inbox
{
    private $letters = 0;

    public static function create()
    {
        return new self();
    }

    public function doTask()
    {
        $this->letters++;
        echo "letters: $this->letters\n";
    }
}
