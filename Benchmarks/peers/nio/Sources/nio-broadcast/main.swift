import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

// A broadcast server on SwiftNIO, on one event loop: nio-broadcast PORT text|none
guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[1]) else {
    fatalError("usage: nio-broadcast PORT text|none")
}
let hasEnvelope = CommandLine.arguments[2] == "text"
let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
let room = NIOLoopBoundBox.makeBoxSendingValue(Room(eventLoop: eventLoop), eventLoop: eventLoop)

let channel = try await ServerBootstrap(group: eventLoop)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .serverChannelOption(.backlog, value: 4096)
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    // A room does not wait for its slowest member.
    .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 20, high: 64 << 20))
    .childChannelInitializer { channel in
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0,
                            maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: 1 << 20
                        )
                    )
                    try pipeline.addHandler(MemberHandler(room: room.value, hasEnvelope: hasEnvelope))
                }
            }
        )
        return channel.pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in })
        )
    }
    .bind(host: "127.0.0.1", port: port)
    .get()
try await channel.closeFuture.get()
