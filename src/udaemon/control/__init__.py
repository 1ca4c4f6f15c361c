"""How a supervisor is asked: socket, frames, client, one handler file a verb."""
