//! The loop, and the world around it: checks and actions as processes, sources, the clock.
