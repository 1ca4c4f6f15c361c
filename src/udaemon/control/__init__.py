"""The control socket: frames, client, server, one handler file a verb."""
