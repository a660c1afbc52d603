//! Time: the event queue, controllers at work, requests in flight, the event log.
