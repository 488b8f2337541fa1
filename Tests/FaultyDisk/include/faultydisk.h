// Nothing to call: see faultydisk.c.
