//! The state machine over simulated workers: a virtual clock, seeded faults, and the pool's promises checked after every step.
//!
//! Must not start a process or ask for the time of day.
