// The connector that the tests of the contract start as a process of its own; its commands follow.
