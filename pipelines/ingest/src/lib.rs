pub mod json; pub mod reason;
