"""Java Swing programs that really fail, and some that do not; they say themselves where their words stand.

The program is compiled when the capture is taken. What it shows in a JOptionPane is the exception that its work raised.
"""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from train.data.capture.core import CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.desktop import DROP, USER, title_lines
from train.data.capture.display import screen
from train.data.capture.ink import hug
from train.data.capture.processes import running, wait_until
from train.data.capture.terminal import manager_runs

PROGRAM = r"""
import java.awt.*;
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.sql.DriverManager;
import java.util.*;
import java.util.List;
import javax.swing.*;
import javax.swing.plaf.ColorUIResource;
import javax.swing.plaf.FontUIResource;
import javax.swing.table.DefaultTableModel;
import javax.swing.text.JTextComponent;
import javax.swing.text.Utilities;

public class Desk {
    static final List<String> found = new ArrayList<>();

    interface Work { void run() throws Throwable; }

    static Work work(String name) {
        return switch (name) {
            case "read" -> () -> Files.readString(Path.of("/home/dev/Documents/budget-2024.csv"));
            case "write" -> () -> Files.writeString(Path.of("/etc/labels.conf"), "x");
            case "connect" -> () -> new Socket("localhost", 5433).close();
            case "lookup" -> () -> new Socket("licenses.corp.invalid", 27000).close();
            case "number" -> () -> Double.parseDouble("12,50");
            case "class" -> () -> Class.forName("com.mysql.cj.jdbc.Driver");
            case "driver" -> () -> DriverManager.getConnection("jdbc:oracle:thin:@stock.corp.example:1521/ORCL");
            case "memory" -> () -> { List<int[]> all = new ArrayList<>(); while (true) all.add(new int[1_000_000]); };
            case "xml" -> () -> javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(
                new ByteArrayInputStream("<order>\n  <item>lamp</item>\n  <note>fragile</order>\n".getBytes()));
            case "date" -> () -> java.time.LocalDate.parse("31.02.2024", java.time.format.DateTimeFormatter.ISO_LOCAL_DATE);
            default -> throw new IllegalArgumentException(name);
        };
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 32 || c > 126) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    static void add(Component owner, String text, Rectangle at, String role) {
        if (text == null || text.isBlank() || at.width <= 0 || at.height <= 0) return;
        Rectangle seen = at;
        if (owner instanceof JComponent part) {
            Rectangle visible = part.getVisibleRect();
            if (!visible.contains(at)) {
                seen = visible.intersection(at);
                if (seen.isEmpty() || seen.height < at.height || seen.width < at.width - 1) return;
            }
        }
        // Java's own idea of where its window stands can be older than the window manager's: places are the root pane's.
        JRootPane root = SwingUtilities.getRootPane(owner);
        Point corner = SwingUtilities.convertPoint(owner, 0, 0, root);
        found.add(String.format("{\"text\": %s, \"role\": \"%s\", \"box\": [%d, %d, %d, %d], \"window\": [%d, %d]}",
            quote(text.strip()), role, corner.x + seen.x, corner.y + seen.y, corner.x + seen.x + seen.width,
            corner.y + seen.y + seen.height, root.getWidth(), root.getHeight()));
    }

    static void label(JComponent part, String text, Icon icon, int vertical, int horizontal, int verticalText,
            int horizontalText, int gap, String role) {
        Insets edge = part.getInsets();
        Rectangle view = new Rectangle(edge.left, edge.top, part.getWidth() - edge.left - edge.right,
            part.getHeight() - edge.top - edge.bottom);
        Rectangle image = new Rectangle(), words = new Rectangle();
        String shown = SwingUtilities.layoutCompoundLabel(part, part.getFontMetrics(part.getFont()), text, icon, vertical,
            horizontal, verticalText, horizontalText, view, image, words, gap);
        add(part, shown, words, role);
    }

    static void rows(JTextComponent part) throws Exception {
        int length = part.getDocument().getLength(), at = 0, letter = part.getFontMetrics(part.getFont()).charWidth('m');
        while (at < length) {
            int end = Math.max(at, Utilities.getRowEnd(part, at));
            // A wrapped row's end is the place before its last letter; a broken line's is its line feed.
            boolean wrapped = end < length && !part.getDocument().getText(end, 1).equals("\n");
            String row = part.getDocument().getText(at, end - at + (wrapped ? 1 : 0)).replace("\t", " ");
            if (!row.isBlank()) {
                Rectangle first = part.modelToView2D(at).getBounds(), last = part.modelToView2D(end).getBounds();
                add(part, row, new Rectangle(first.x, first.y, last.x - first.x + (wrapped ? letter : 1), first.height), "input");
            }
            at = end + 1;
        }
    }

    static void walk(Component node) throws Exception {
        if (!node.isShowing()) return;
        if (node instanceof JLabel part && part.getText() != null && !part.getText().startsWith("<html>"))
            label(part, part.getText(), part.getIcon(), part.getVerticalAlignment(), part.getHorizontalAlignment(),
                part.getVerticalTextPosition(), part.getHorizontalTextPosition(), part.getIconTextGap(), "body");
        else if (node instanceof JMenu part)
            label(part, part.getText(), null, 0, part.getHorizontalAlignment(), 0, part.getHorizontalTextPosition(), 0, "menu");
        else if (node instanceof JCheckBox || node instanceof JRadioButton) {
            AbstractButton part = (AbstractButton) node;
            add(part, part.getText(), new Rectangle(18, 0, part.getWidth() - 18, part.getHeight()), "body");
        } else if (node instanceof AbstractButton part && part.getText() != null)
            label(part, part.getText(), part.getIcon(), part.getVerticalAlignment(), part.getHorizontalAlignment(),
                part.getVerticalTextPosition(), part.getHorizontalTextPosition(), part.getIconTextGap(), "button");
        else if (node instanceof JTextComponent part) rows(part);
        else if (node instanceof JTable part) {
            for (int r = 0; r < part.getRowCount(); r++)
                for (int c = 0; c < part.getColumnCount(); c++)
                    add(part, String.valueOf(part.getValueAt(r, c)), inner(part.getCellRect(r, c, false)), "body");
            var header = part.getTableHeader();
            for (int c = 0; header != null && header.isShowing() && c < part.getColumnCount(); c++)
                add(header, part.getColumnName(c), shrunk(header.getHeaderRect(c)), "title");
        } else if (node instanceof JTabbedPane part) {
            for (int i = 0; i < part.getTabCount(); i++) add(part, part.getTitleAt(i), shrunk(part.getBoundsAt(i)), "tab");
        } else if (node instanceof JList<?> part) {
            for (int i = 0; i < part.getModel().getSize(); i++)
                add(part, String.valueOf(part.getModel().getElementAt(i)), shrunk(part.getCellBounds(i, i)), "body");
        }
        if (node instanceof Container all && !(node instanceof JTable) && !(node instanceof JTextComponent))
            for (Component child : all.getComponents()) walk(child);
    }

    static Rectangle inner(Rectangle at) {
        return new Rectangle(at.x + 1, at.y + 1, at.width - 2, at.height - 2);
    }

    static Rectangle shrunk(Rectangle at) {
        return new Rectangle(at.x + 3, at.y + 2, at.width - 6, at.height - 4);
    }

    static JFrame frame(String title, String scene) {
        JFrame frame = new JFrame(title);
        JMenuBar bar = new JMenuBar();
        for (String name : new String[] {"File", "Edit", "View", "Help"}) bar.add(new JMenu(name));
        frame.setJMenuBar(bar);
        JPanel page = new JPanel(new BorderLayout(8, 8));
        page.setBorder(BorderFactory.createEmptyBorder(8, 8, 8, 8));
        if (scene.equals("table")) {
            DefaultTableModel rows = new DefaultTableModel(new Object[][] {
                {"1042", "Desk lamp", "14", "ok"}, {"1043", "Chair, oak", "0", "missing"}, {"1051", "Shelf", "3", "ok"},
                {"1064", "Error log binder", "27", "ok"}, {"1070", "Fuse 16 A", "120", "ok"}, {"1077", "Timer switch", "8", "late"}},
                new Object[] {"Number", "Article", "In stock", "State"});
            page.add(new JScrollPane(new JTable(rows)));
            page.add(new JLabel("6 articles, 1 missing, 0 errors"), BorderLayout.SOUTH);
        } else if (scene.equals("form")) {
            JPanel form = new JPanel(new GridLayout(0, 2, 8, 8));
            String[][] fields = {{"Server", "stock.corp.example"}, {"Port", "5433"}, {"User", "dev"}, {"Timeout in seconds", "30"}};
            for (String[] field : fields) { form.add(new JLabel(field[0])); form.add(new JTextField(field[1], 18)); }
            page.add(form, BorderLayout.NORTH);
            JPanel foot = new JPanel(new FlowLayout(FlowLayout.RIGHT));
            foot.add(new JButton("Test connection")); foot.add(new JButton("Save"));
            page.add(foot, BorderLayout.SOUTH);
        } else if (scene.equals("text")) {
            JTextArea area = new JTextArea(String.join("\n", "What to do when an import fails", "",
                "1. Read the message: it names the file and the line.", "2. \"Connection refused\" means that the server is off.",
                "3. Error 1045 is a wrong password; ask for a new one.", "4. Try again after five minutes.", "",
                "Nothing helps? Write to helpdesk@corp.example and", "attach import.log."));
            area.setCaretColor(area.getBackground());
            JTabbedPane tabs = new JTabbedPane();
            tabs.addTab("help.txt", new JScrollPane(area)); tabs.addTab("import.log", new JPanel());
            tabs.addTab("errors.csv", new JPanel());
            page.add(tabs);
            page.add(new JLabel("Line 1, column 1"), BorderLayout.SOUTH);
        }
        frame.setContentPane(page);
        return frame;
    }

    public static void main(String[] options) throws Exception {
        String out = options[0], style = options[1], face = options[2], title = options[4];
        String scene = options[5], what = options[6], text = options[7];
        int size = Integer.parseInt(options[3]);
        if (style.equals("dark")) {
            UIManager.put("control", new ColorUIResource(0x3c3f41)); UIManager.put("nimbusBase", new ColorUIResource(0x18263a));
            UIManager.put("nimbusLightBackground", new ColorUIResource(0x2b2b2b)); UIManager.put("text", new ColorUIResource(0xe6e6e6));
        }
        for (UIManager.LookAndFeelInfo info : UIManager.getInstalledLookAndFeels())
            if (info.getName().equalsIgnoreCase(style.equals("dark") ? "Nimbus" : style)) UIManager.setLookAndFeel(info.getClassName());
        FontUIResource font = new FontUIResource(face, Font.PLAIN, size);
        for (Object key : UIManager.getLookAndFeelDefaults().keySet().toArray())
            if (key.toString().toLowerCase().endsWith("font")) UIManager.put(key, font);
        UIManager.getLookAndFeelDefaults().put("defaultFont", font);
        SwingUtilities.invokeAndWait(() -> {
            JFrame frame = frame(title, scene);
            frame.pack();
            frame.setSize(Math.max(frame.getWidth(), 620), Math.max(frame.getHeight(), 440));
            frame.setLocation(60, 50);
            if (!scene.equals("none")) frame.setVisible(true);
        });
        // Once every expected window has stood for a while, its words are written down.
        int expected = (scene.equals("none") ? 0 : 1) + (what.equals("nothing") ? 0 : 1);
        int[] calm = {0};
        javax.swing.Timer watch = new javax.swing.Timer(500, null);
        watch.addActionListener(event -> {
            long shown = Arrays.stream(Window.getWindows()).filter(Window::isShowing).count();
            calm[0] = shown == expected ? calm[0] + 1 : 0;
            if (calm[0] < 5) return;
            watch.stop();
            try {
                for (Window window : Window.getWindows()) walk(window);
                Path draft = Path.of(out + ".draft");
                Files.writeString(draft, "[" + String.join(",\n", found) + "]", StandardCharsets.US_ASCII);
                Files.move(draft, Path.of(out), StandardCopyOption.ATOMIC_MOVE);
            } catch (Exception error) { error.printStackTrace(); System.exit(1); }
        });
        watch.start();
        Component parent = scene.equals("none") ? null : Frame.getFrames()[0];
        if (what.equals("nothing")) return;
        // The window manager has to have placed the window first: dialogs stand in its middle.
        javax.swing.Timer begin = new javax.swing.Timer(1500, event -> {
            if (what.equals("ask")) JOptionPane.showConfirmDialog(parent, text, title, JOptionPane.YES_NO_CANCEL_OPTION);
            else if (what.equals("tell")) JOptionPane.showMessageDialog(parent, text, title, JOptionPane.INFORMATION_MESSAGE);
            else {
                try { work(what).run(); }
                catch (Throwable error) {
                    Object shown = text.isEmpty() ? error.toString()
                        : text.contains("%s") ? text.replace("%s", error.toString()) : error.getMessage();
                    if (text.equals("trace")) {
                        StringWriter trace = new StringWriter();
                        error.printStackTrace(new PrintWriter(trace));
                        JTextArea area = new JTextArea(trace.toString().replace("\t", "    "), 14, 86);
                        area.setLineWrap(true);
                        area.setEditable(false);
                        area.setCaretPosition(0);
                        shown = new JScrollPane(area);
                    }
                    JOptionPane.showMessageDialog(parent, shown, title, JOptionPane.ERROR_MESSAGE);
                }
            }
        });
        begin.setRepeats(false);
        begin.start();
    }
}
"""


def shoot(
    style: str, face: str, size: int, title: str, scene: str, what: str, text: str, colour: str, alone: bool, heap: str
) -> Shot:
    """Compiles and runs the program on a desktop and photographs it; raises CaptureError where it ends early."""
    with TemporaryDirectory(prefix="desk-") as name, screen(960, 640, background=colour) as display:
        folder, out = Path(name), Path(name) / "places.json"
        (folder / "Desk.java").write_text(PROGRAM)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)
        environment = {"DISPLAY": display.name, "HOME": name}
        with running(["openbox"], environment=environment):
            wait_until("the window manager", lambda: manager_runs(display))
            options = [
                "-Dawt.useSystemAAFontSettings=on",
                "-Dswing.aatext=true",
                "-Dsun.java2d.uiScale=1",
                f"-Xmx{heap}",
            ]
            main = [str(out), style, face, str(size), title, scene, what, text]
            command = [
                *DROP,
                "sh",
                "-c",
                'javac -d . Desk.java && exec java "$@"',
                "sh",
                *options,
                "-cp",
                ".",
                "Desk",
                *main,
            ]
            log = folder / "log"
            with running(command, environment=environment, cwd=folder, log=log) as child:

                def ready() -> bool:
                    if child.poll() is not None:
                        raise CaptureError(f"the program ended with {child.returncode}: {log.read_text()[-600:]}")
                    return out.exists()

                wait_until("the program's places", ready, 60)
                time.sleep(0.3)
                image = display.settled()
                places = json.loads(out.read_text())
                lines = title_lines(image, display)
                managed = {window.id for window in display.clients()}
                corners = {
                    (box[2] - box[0], box[3] - box[1]): box[:2]
                    for window, _, box in display.windows()
                    if window.id in managed
                }
                frame = display.frame(display.clients()[-1])
    # What a window above hides has no ink of its own; a dialog's texts come last.
    top = frame if scene != "none" and what != "nothing" else None
    for place in places:
        corner = corners.get(tuple(place["window"]))
        if corner is None:
            raise CaptureError(f"no window of {place['window']} pixels stands on the display, only {list(corners)}")
        x0, y0, x1, y1 = (value + corner[index % 2] for index, value in enumerate(place["box"]))
        hidden = top and not (top[0] <= x0 and x1 <= top[2] and top[1] <= y0 and y1 <= top[3])
        if hidden and top and x0 < top[2] and x1 > top[0] and y0 < top[3] and y1 > top[1]:
            continue
        box = hug(image, (x0, y0, x1, y1))
        if box is not None:
            lines.append(ShotLine(place["text"], box, place["role"]))
    if not alone:
        return Shot(image, lines)
    left, upper, right, lower = frame
    moved = [
        ShotLine(
            line.text, (line.box[0] - left, line.box[1] - upper, line.box[2] - left, line.box[3] - upper), line.role
        )
        for line in lines
        if line.box and left <= line.box[0] and line.box[2] <= right and upper <= line.box[1] and line.box[3] <= lower
    ]
    return Shot(np.ascontiguousarray(image[upper:lower, left:right]), moved)


def swing(
    id: str,
    family: str,
    title: str,
    what: str,
    text: str,
    fields: Fields,
    *slots: str,
    style: str = "Metal",
    face: str = "Dialog",
    size: int = 12,
    scene: str = "none",
    colour: str = "#4b6584",
    alone: bool = False,
    heap: str = "256m",
) -> Recipe:
    """A recipe for a Swing program; `text` frames the exception (`%s`), is empty for it alone, or `trace`."""
    take = partial(shoot, style, face, size, title, scene, what, text, colour, alone, heap)
    return Recipe(id, "swing", title, "dark" if style == "dark" else "light", family, fields, take, slots)


def failed(app: str, message: str, category: str, code: str | None = None) -> Fields:
    """The label of a dialog that reports a failure."""
    return Fields(True, app, "desktop_dialog", message, code, category)


RECIPES = [
    swing(
        "swing-no-such-file",
        "NoSuchFileException",
        "Budget Planner",
        "read",
        "",
        failed(
            "Budget Planner",
            "java.nio.file.NoSuchFileException: /home/dev/Documents/budget-2024.csv",
            "not_found",
            "java.nio.file.NoSuchFileException",
        ),
        "budget-2024.csv",
        scene="table",
        face="DejaVu Sans",
    ),
    swing(
        "swing-access-denied",
        "AccessDeniedException",
        "Label Printer",
        "write",
        "The settings were not saved.\n%s",
        failed("Label Printer", "The settings were not saved.", "permission", "java.nio.file.AccessDeniedException"),
        "/etc/labels.conf",
        style="Nimbus",
        face="Noto Sans",
        size=13,
        alone=True,
    ),
    swing(
        "swing-connection-refused",
        "ConnectException",
        "Stock Desk",
        "connect",
        "Cannot connect to localhost:5433\n%s",
        failed("Stock Desk", "Cannot connect to localhost:5433", "network", "java.net.ConnectException"),
        "localhost:5433",
        scene="form",
        style="dark",
        face="Inter",
        size=13,
        colour="#20232a",
    ),
    swing(
        "swing-unknown-host",
        "UnknownHostException",
        "Plant Designer",
        "lookup",
        "No license: %s",
        failed(
            "Plant Designer",
            "No license: java.net.UnknownHostException: licenses.corp.invalid",
            "dns",
            "java.net.UnknownHostException",
        ),
        "licenses.corp.invalid",
        style="CDE/Motif",
        face="Liberation Sans",
        size=13,
        colour="#6b705c",
    ),
    swing(
        "swing-number-format",
        "NumberFormatException",
        "Time and Pay",
        "number",
        "message",
        failed("Time and Pay", 'For input string: "12,50"', "invalid_input"),
        "12,50",
        scene="form",
        face="Cantarell",
        size=13,
        colour="#3d405b",
    ),
    swing(
        "swing-no-driver",
        "ClassNotFoundException",
        "Query Bench",
        "class",
        "",
        failed(
            "Query Bench",
            "java.lang.ClassNotFoundException: com.mysql.cj.jdbc.Driver",
            "import_dependency",
            "java.lang.ClassNotFoundException",
        ),
        "com.mysql.cj.jdbc.Driver",
        style="GTK+",
        alone=True,
        size=13,
    ),
    swing(
        "swing-no-suitable-driver",
        "SQLException",
        "Warehouse Reports",
        "driver",
        "",
        failed(
            "Warehouse Reports",
            "java.sql.SQLException: No suitable driver found for jdbc:oracle:thin:@stock.corp.example:1521/ORCL",
            "import_dependency",
            "java.sql.SQLException",
        ),
        "oracle",
        style="Metal",
        face="Roboto",
        size=12,
        colour="#1d3557",
    ),
    swing(
        "swing-out-of-memory",
        "OutOfMemoryError",
        "Map Tiler",
        "memory",
        "",
        failed(
            "Map Tiler", "java.lang.OutOfMemoryError: Java heap space", "out_of_memory", "java.lang.OutOfMemoryError"
        ),
        "heap space",
        style="Nimbus",
        face="Open Sans",
        size=14,
        scene="none",
        colour="#355e3b",
        heap="48m",
    ),
    swing(
        "swing-xml-trace",
        "SAXParseException",
        "Order Import",
        "xml",
        "trace",
        failed(
            "Order Import",
            'org.xml.sax.SAXParseException; lineNumber: 3; columnNumber: 18; The element type "note" must be terminated by '
            'the matching end-tag "</note>".',
            "syntax",
            "org.xml.sax.SAXParseException",
        ),
        "order.xml",
        style="Metal",
        face="DejaVu Sans Mono",
        size=12,
        alone=True,
    ),
    swing(
        "swing-date",
        "DateTimeParseException",
        "Shift Calendar",
        "date",
        "message",
        failed("Shift Calendar", "Text '31.02.2024' could not be parsed at index 0", "invalid_input"),
        "31.02.2024",
        style="dark",
        face="Lato",
        size=14,
        alone=True,
    ),
    # Nothing failed below.
    swing(
        "normal-swing-table",
        "table",
        "Stock Desk",
        "nothing",
        "",
        Fields(False, "Stock Desk", "desktop_app"),
        "Desk lamp",
        scene="table",
        style="Nimbus",
        face="Noto Sans",
        size=12,
        colour="#2f3e46",
    ),
    swing(
        "normal-swing-help",
        "text",
        "Import Helper",
        "nothing",
        "",
        Fields(False, "Import Helper", "desktop_app"),
        "help.txt",
        scene="text",
        style="Metal",
        face="DejaVu Sans",
        size=13,
        colour="#705d4c",
    ),
    swing(
        "normal-swing-save-question",
        "save question",
        "Shift Calendar",
        "ask",
        "Save the changes to errors-march.ics before closing?",
        Fields(False, "Shift Calendar", "desktop_dialog"),
        "errors-march.ics",
        style="Metal",
        face="Open Sans",
        size=12,
        alone=True,
    ),
    swing(
        "normal-swing-finished",
        "information",
        "Order Import",
        "tell",
        "214 orders were imported.\n0 errors, 3 duplicates left out.",
        Fields(False, "Order Import", "desktop_dialog"),
        "214",
        scene="form",
        style="dark",
        face="Inter",
        size=13,
        colour="#264653",
    ),
]
