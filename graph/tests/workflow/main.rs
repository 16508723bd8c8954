//! Definitions from outside: read and written, checked, and resolved node by node.

#[cfg(test)]
mod calling;
#[cfg(test)]
mod checking;
#[cfg(test)]
mod crm;
#[cfg(test)]
mod idle;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod people;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod resolving;
#[cfg(test)]
mod triggers;
