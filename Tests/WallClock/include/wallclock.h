// Nothing to call: see wallclock.c.
