/// Makes an instance for a context.
typealias InstanceMaker = (ServiceContext) -> any ServiceInstance

/// A library that was found and admitted for one manifest, and how instances of it are made.
struct PreparedLibrary: Sendable {
    /// What people know it by.
    let path: String
    /// What is loaded.
    let admitted: AdmittedLibrary
    /// The text of the signature that it was admitted by, or `nil`.
    let signature: [UInt8]?
    /// Makes an instance; the function given to it is told what the library says about itself, at once or when the instance is created.
    let make: @Sendable (ServiceContext, @escaping @Sendable (ServiceStatus.Module) -> Void) -> any ServiceInstance
}

extension PreparedLibrary {
    /// The signature beside a library that was admitted by one.
    fileprivate static func signature(of path: String, _ admitted: AdmittedLibrary) -> [UInt8]? {
        admitted.identity == nil ? nil : try? HostFiles.read(path + ".sig", limit: 65_536)
    }
}

extension ServiceSupervisor {
    /// Finds and admits the library of a manifest. One that runs in a process of its own is not loaded here.
    ///
    /// - Parameter path: the library's file where it is not the one that the manifest leads to.
    func prepare(_ manifest: ServiceManifest, at path: String? = nil) async throws(LibraryRefusal) -> PreparedLibrary {
        switch manifest.isolation {
        case .inProcess:
            let (module, admitted) = try await desk.module(for: manifest, at: path)
            let identity = ServiceStatus.Module(
                path: module.path, identifier: module.identifier, version: module.version, summary: module.summary, abi: module.abi)
            return PreparedLibrary(path: module.path, admitted: admitted, signature: PreparedLibrary.signature(of: module.path, admitted)) { context, identified in
                identified(identity)
                return InProcessInstance(module: module, context: context)
            }
        case .process, .foreign:
            return runnerLibrary(try await desk.file(for: manifest, at: path))
        }
    }

    /// A library as it runs in a process of its own.
    func runnerLibrary(_ file: (path: String, admitted: AdmittedLibrary)) -> PreparedLibrary {
        let (launch, version) = (runner, hostVersion)
        return PreparedLibrary(path: file.path, admitted: file.admitted, signature: PreparedLibrary.signature(of: file.path, file.admitted)) { context, identified in
            ProcessInstance(
                library: file.admitted, path: file.path, context: context, launch: launch, hostVersion: version, identified: identified)
        }
    }
}
