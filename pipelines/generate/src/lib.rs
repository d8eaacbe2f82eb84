//! Landing areas by the contract, at any size, with planted faults and their key.
