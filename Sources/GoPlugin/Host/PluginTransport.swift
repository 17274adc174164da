public import GRPCNIOTransportCore

/// The transport over which a host reaches its plugin. It is one connection, and does not come back once lost.
public typealias PluginTransport = HTTP2ClientTransport.WrappedChannel
