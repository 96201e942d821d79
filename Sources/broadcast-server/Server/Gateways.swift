/// The ways in to a service: made anew when their settings change, for whoever comes then.
struct Gateways: Sendable {
    let http: HTTPRoutes
    let webSocket: WebSocketGateway

    init(_ service: ChatService, _ settings: StartSettings) {
        http = HTTPRoutes(service, settings.network.doors)
        webSocket = WebSocketGateway(service: service, doors: settings.network.doors)
    }
}
