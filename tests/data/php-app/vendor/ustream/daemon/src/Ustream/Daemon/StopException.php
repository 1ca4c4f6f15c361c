<?php
/* "I am done", for the stand-in. */

class Ustream_Daemon_StopException extends Exception
{
}
