//! Why an instance is in the state that it is in: from a program and its rows, top down.
