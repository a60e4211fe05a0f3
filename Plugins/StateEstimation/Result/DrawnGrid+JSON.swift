import Grid
import PluginAPI

extension DrawnGrid {
    /// The grid as `GET /grid` answers it: what stands still.
    func json(name: String, commandTopic: (String) -> String?) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("name", name)
        json.list("nodes", nodes) { json, node in
            json.member("id", node.identity.mRID)
            json.member("name", node.identity.name)
            json.member("nominal_volts", node.nominalVolts)
            if let place = node.place {
                json.member("x", place.x)
                json.member("y", place.y)
            }
        }
        json.list("branches", branches) { json, branch in
            json.member("id", branch.identity.mRID)
            json.member("name", branch.identity.name)
            json.member("kind", branch.kind)
            json.member("from", nodes[branch.from].identity.mRID)
            json.member("to", nodes[branch.to].identity.mRID)
            if let rated = branch.ratedAmperes { json.member("rated_amperes", rated) }
        }
        json.list("switches", switches) { json, device in
            json.member("id", device.identity.mRID)
            json.member("name", device.identity.name)
            json.member("kind", device.kind)
            json.member("node", nodes[device.node].identity.mRID)
            if let branch = device.branch { json.member("branch", branches[branch].identity.mRID) }
            json.member("normal_open", device.isNormallyOpen)
            if let topic = commandTopic(device.identity.mRID) { json.member("command_topic", topic) }
        }
        json.list("sources", sources) { json, node in json.member("node", nodes[node].identity.mRID) }
        json.endObject()
        return json
    }
}
