"""Where the daemons' output goes: capture, rotation, reading back."""
