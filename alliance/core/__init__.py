"""Words: money, ids, time, actors, orders and refusals. No I/O, no framework."""
