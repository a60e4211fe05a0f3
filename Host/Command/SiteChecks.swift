internal import Access
internal import Databus
internal import Logging
internal import Runtime

/// What has to be right about a site beyond its single files.
enum SiteChecks {
    /// What `dsotp check` asks, and `dsotp run` before it starts.
    static var checker: SiteChecker {
        SiteChecker(
            hostVersion: Dsotp.version, pluginFolders: [PlatformProcess.executableFolder()],
            logger: Logger(label: "dsotp.check") { _ in SwiftLogNoOpLogHandler() },
            trust: { site throws(ManifestErrors) in try TrustBridge(site.trust, dataFolder: nil) })
    }

    /// Reads a site's folder.
    ///
    /// - Throws: everything that is wrong with the manifests, and libraries that are not there.
    static func load(_ folder: String, hostName: String? = nil) throws(PlatformError) -> Site {
        var site: Site
        do throws(ManifestErrors) { site = try SiteFolder.load(folder) } catch { throw PlatformError(error.description) }
        let missing = checker.missingLibraries(of: site)
        guard missing.isEmpty else { throw PlatformError(missing.map(\.description).joined(separator: "\n")) }
        if let problem = StorageOpening.problem(of: site.storage) { throw PlatformError(problem) }
        guard let hostName else { return site }
        guard site.hosts != nil else {
            throw PlatformError("--host-name is for a site with several hosts: add 'hosts' to \(folder)/site.yaml, or leave it out")
        }
        guard HostPattern.isHostName(hostName) else {
            throw PlatformError("--host-name is not acceptable (expected \(HostPattern.nameForm); got '\(hostName)')")
        }
        site.hosts?.name = hostName
        return site
    }

    /// What is wrong with the users and the storage of a site whose manifests are in order, or `nil`.
    static func accessProblem(of folder: String) -> String? {
        do {
            let site = try load(folder)
            _ = try users(of: site, listening: Listening(site))
            try LinkOptions(site)?.check()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The users that the site names.
    ///
    /// - Throws: if a password hash is malformed, or a well-known password would be reachable from another machine.
    static func users(of site: Site, listening: Listening) throws(PlatformError) -> [SiteUser] {
        var users: [SiteUser] = []
        for user in site.access.users {
            do throws(AccessError) {
                let secret: SiteUser.Secret =
                    switch user.secret {
                    case .password(let password): .password(password)
                    case .hash(let hash): .hash(try PasswordHash(parsing: hash))
                    }
                users.append(try SiteUser(name: user.name, role: Role(user.role), secret: secret))
            } catch {
                throw PlatformError("\(user.place): \(error)")
            }
        }
        let doors = [("databus", listening.databus), ("gateway", listening.gateway)]
        let reachable = doors.compactMap { name, address in address.map { (name, $0) } }.filter { !$0.1.isLoopback }
        if let (door, address) = reachable.first {
            for (user, stated) in zip(users, site.access.users) where user.usesWellKnownPassword {
                throw PlatformError(
                    "\(stated.place): user '\(user.name)' has a well-known password, which is accepted on loopback only, and the \(door) would "
                        + "listen on \(address): set another password, or listen on 127.0.0.1")
            }
        }
        return users
    }
}
