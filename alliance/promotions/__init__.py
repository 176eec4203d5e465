"""Where members' goods are shown, in which order, and the codes that stand for a host."""
