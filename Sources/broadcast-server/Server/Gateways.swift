/// The ways in to a service: made anew when their settings change, for whoever comes then.
struct Gateways: Sendable {
    let http: HTTPRoutes
    let webSocket: WebSocketGateway

    init(_ service: ChatService, _ settings: StartSettings, _ metrics: Metrics) {
        http = HTTPRoutes(service, settings.network.doors, metrics)
        webSocket = WebSocketGateway(service: service, doors: settings.network.doors)
    }
}
