import NIOCore
import NIOWebSocket

/// One connection: gives its messages to the room.
final class MemberHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let room: Room
    private let hasEnvelope: Bool
    private var prefix = ""

    init(room: Room, hasEnvelope: Bool) {
        self.room = room
        self.hasEnvelope = hasEnvelope
    }

    func handlerAdded(context: ChannelHandlerContext) {
        prefix = "Client \(room.join(context.channel)): "
    }

    func channelInactive(context: ChannelHandlerContext) {
        room.leave(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            broadcast(frame, context: context)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            room.leave(context.channel)
            let close = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(close)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        default:
            break
        }
    }

    private func broadcast(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
        var payload = frame.unmaskedData
        if hasEnvelope, frame.opcode == .text {
            guard let text = try? payload.readUTF8ValidatedString(length: payload.readableBytes) else {
                context.close(promise: nil)
                return
            }
            payload = context.channel.allocator.buffer(capacity: prefix.utf8.count + text.utf8.count)
            payload.writeString(prefix)
            payload.writeString(text)
        }
        room.broadcast(WebSocketFrame(fin: true, opcode: frame.opcode, data: payload), excluding: context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
