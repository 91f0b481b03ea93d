// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/viz/golden.h"

#include "tests/support/paths.h"

#include <QDir>
#include <QPainter>
#include <gtest/gtest.h>

namespace ketscope::test {

namespace {

constexpr int kChannelTolerance = 24;  // font rasterisers differ a little at the edges of letters
constexpr double kPixelTolerance = 0.01;

QImage painted(const Figure& figure, bool dark, QSize size)
{
    const Theme theme = dark ? darkTheme() : lightTheme();
    QImage image(size, QImage::Format_RGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    figure.paint(painter, QRectF(QPointF(8, 8), QSizeF(size - QSize(16, 16))), theme);
    return image;
}

double shareOfDifferentPixels(const QImage& a, const QImage& b)
{
    int different = 0;
    for (int y = 0; y < a.height(); ++y) {
        for (int x = 0; x < a.width(); ++x) {
            const QColor p(a.pixel(x, y)), q(b.pixel(x, y));
            const int apart =
                std::max({std::abs(p.red() - q.red()), std::abs(p.green() - q.green()), std::abs(p.blue() - q.blue())});
            different += apart > kChannelTolerance ? 1 : 0;
        }
    }
    return static_cast<double>(different) / (a.width() * a.height());
}

}  // namespace

void compareWithGolden(const char* name, const Figure& figure, bool dark, QSize size)
{
    compareWithGolden(std::string(name), painted(figure, dark, size));
}

void compareWithGolden(const std::string& name, const QImage& image)
{
    const auto folder = fixtures().parent_path() / "viz" / "goldens";
    const QString file = QString::fromStdString((folder / (name + ".png")).string());
    if (qEnvironmentVariableIsSet("KETSCOPE_UPDATE_GOLDENS")) {
        ASSERT_TRUE(image.save(file));
        GTEST_SKIP() << "stored anew";
    }
    if (lightTheme().uiFamily != QStringLiteral("Inter"))
        GTEST_SKIP() << "the pictures are made with the font Inter";
    const QImage stored(file);
    ASSERT_EQ(stored.size(), image.size()) << file.toStdString();
    const double share = shareOfDifferentPixels(image, stored);
    if (share > kPixelTolerance) {
        const QString seen = QDir::temp().filePath(QStringLiteral("ketscope-%1.png").arg(QString::fromStdString(name)));
        image.save(seen);
        ADD_FAILURE() << share * 100.0 << " % of the pixels differ; see " << seen.toStdString();
    }
}

}  // namespace ketscope::test
