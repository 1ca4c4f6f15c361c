"""The one loop: event, step, perform, publish."""
