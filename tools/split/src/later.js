
// ---- the later part of the program: see tools/split ----
let laterImports, laterEarly, laterThere = false;
const laterAddress = new URL('LATER_FILE', import.meta.url);

// A board that the address names, or that this browser keeps, can need anything: then both parts come before the start.
function needsLater() {
    try {
        return location.hash !== '' || location.search !== '' || localStorage.length > 0;
    } catch {
        // This browser keeps nothing.
        return false;
    }
}

async function compileLater() {
    try {
        const answer = await fetch(laterAddress);
        if (answer.ok) return await WebAssembly.compile(await answer.arrayBuffer());
    } catch {
        // It is asked for again when it is needed, and a failure is told then.
    }
}

// Writes the later part's functions into the table that both share. It happens once.
function takeLater(module) {
    if (laterThere || !module) return;
    const shared = { ...wasm };
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
        if (from === 'p' && !(name in shared)) shared[name] = wasm.t.get(+name);
    }
    new WebAssembly.Instance(module, { ...laterImports, p: shared });
    laterThere = true;
}

// Once the first board is painted, the later part comes by itself.
function fetchLater() {
    if (!laterThere) requestAnimationFrame(() => setTimeout(async () => takeLater(await compileLater())));
}

// The program needs the later part now, in the middle of its work: it waits.
function loadLater() {
    let unseen = 0;
    while (!laterThere) {
        try {
            takeLater(new WebAssembly.Module(readLater()));
        } catch (error) {
            const told = performance.now();
            alert('A part of Endpoint Playground could not be loaded from its web server. Your board is kept. ' +
                'Please check the connection, then close this message: the page tries again.');
            // A frame that may not show messages would go on for ever.
            if (performance.now() - told < 20 && ++unseen > 3) throw error;
        }
    }
}

function readLater() {
    const request = new XMLHttpRequest();
    request.open('GET', laterAddress, false);
    request.overrideMimeType('text/plain; charset=x-user-defined');
    request.send();
    if (request.status !== 200) throw new Error(`status ${request.status} for ${laterAddress}`);
    const text = request.responseText;
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
}
